-- POST /products, every request with a sku of its own. The first script argument (1 to 9 characters of
-- A-Z and 0-9) tells runs against the same server apart.

dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "report.lua")

local count = 0
local head, tail

function init(arguments)
  local prefix = assert(arguments[1], "post.lua needs a sku prefix")
  -- The number has a fixed width, so the length of the body is known once.
  local body = '{"sku":"' .. prefix .. '-%010d","name":"The Histories","price":9.5,"stock":5,"category":"books"}'
  head = wrk.format("POST", "/products", {
    ["Host"] = wrk.headers["Host"],
    ["Content-Type"] = "application/json",
    ["Content-Length"] = #string.format(body, 0),
  }) .. '{"sku":"' .. prefix .. "-"
  tail = body:match("%%010d(.*)$")
end

function request()
  count = count + 1
  return head .. string.format("%010d", count) .. tail
end
