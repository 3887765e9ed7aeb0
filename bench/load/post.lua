-- POST /products, every request with a sku of its own. The first script argument (1 to 9 characters of
-- A-Z and 0-9) tells runs against the same server apart.

dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "report.lua")

local count = 0
local head, tail

function init(arguments)
  local prefix = assert(arguments[1], "post.lua needs a sku prefix")
  -- The number has a fixed width, so one formatted request is cut in two at its number.
  local number = string.rep("0", 10)
  local body = '{"sku":"' .. prefix .. "-" .. number
    .. '","name":"The Histories","price":9.5,"stock":5,"category":"books"}'
  local whole = wrk.format("POST", "/products", {["Content-Type"] = "application/json"}, body)
  local from, to = whole:find(prefix .. "-" .. number, 1, true)
  head, tail = whole:sub(1, from + #prefix), whole:sub(to + 1)
end

function request()
  count = count + 1
  return head .. string.format("%010d", count) .. tail
end
