-- POST of JSON whose NAME is one of its own in every request. The arguments: a prefix of the names (1 to 9
-- characters of A-Z and 0-9), which tells runs against the same server apart; the content; further fields.

dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "report.lua")

local count = 0
local head, tail

function init(arguments)
  local prefix = assert(arguments[1], "post.lua needs a prefix of the names")
  local content = assert(arguments[2], "post.lua needs the content, with NAME in it")
  local fields = {["Content-Type"] = "application/json"}
  for i = 3, #arguments do
    local name, value = arguments[i]:match("^([^:]+):(.*)$")
    fields[name] = value
  end
  -- The number has a fixed width, so one formatted request is cut in two at its number.
  local first = prefix .. "-" .. string.rep("0", 10)
  local whole = wrk.format("POST", wrk.path, fields, (content:gsub("NAME", first, 1)))
  local from, to = whole:find(first, 1, true)
  head, tail = whole:sub(1, from + #prefix), whole:sub(to + 1)
end

function request()
  count = count + 1
  return head .. string.format("%010d", count) .. tail
end
