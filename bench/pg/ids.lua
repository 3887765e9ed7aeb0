-- A key at random, of those that run.py has made; BENCH_PIPELINE requests at once.
local path = os.getenv("BENCH_PATH")
local method = os.getenv("BENCH_METHOD")
local pipeline = tonumber(os.getenv("BENCH_PIPELINE") or 1)

local seeds = 0
function setup(thread)
  seeds = seeds + 1
  thread:set("seed", seeds)
end

function init()
  math.randomseed(seed)
end

function request()
  local requests = {}
  for i = 1, pipeline do requests[i] = wrk.format(method, path .. math.random(1, 100000)) end
  return table.concat(requests)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("report requests=%d duration_us=%d p50=%d p99=%d errors=%d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
