-- Sixteen requests in one write. wrk counts every answer, and times a batch by its last answer.

dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "") .. "report.lua")

local depth = 16
local connections
local batch

function setup(thread)
  connections = tonumber(os.getenv("WRK_CONNECTIONS") or "")
  assert(connections, "set WRK_CONNECTIONS to the value of -c")
end

function init()
  local requests = {}
  for i = 1, depth do requests[i] = wrk.format() end
  batch = table.concat(requests)
end

function request() return batch end

-- wrk adds samples for the requests that a late answer held back, at the interval it expects between
-- the answers of a connection: counts[m] += counts[m + k * interval], for k >= 1 and m > interval. It
-- takes answers for samples, but here one sample stands for sixteen answers, so the interval is
-- sixteen times too short, the added samples outnumber the true ones and percentiles above 90 come
-- out as 0. What was added is exact arithmetic, so it is taken off again.
local function counts_as_measured(summary, latency)
  local corrected, counts, total = {}, {}, 0
  for i = 1, #latency do
    local value, count = latency(i)
    corrected[tonumber(value)] = tonumber(count)
  end
  local interval = math.floor(summary.duration / math.floor(summary.requests / connections))
  for value, count in pairs(corrected) do
    local added = value > interval and corrected[value + interval] or 0
    counts[value] = count - added
    total = total + count - added
  end
  -- Batches cut off at the end have answers and no sample.
  local batches = summary.requests / depth
  assert(total <= batches and total >= batches - connections, "wrk corrects latencies in another way")
  return counts, total
end

local function percentile_of(counts, total, latency)
  return function(p)
    local left = p / 100 * total
    for value = tonumber(latency.min), tonumber(latency.max) do
      left = left - (counts[value] or 0)
      if left <= 0 then return value end
    end
    return tonumber(latency.max)
  end
end

function done(summary, latency)
  if summary.requests < connections then return report(summary, function() return 0 end) end
  local counts, total = counts_as_measured(summary, latency)
  report(summary, percentile_of(counts, total, latency))
end
