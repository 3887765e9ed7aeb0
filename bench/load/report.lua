-- One line that load.py reads. Latencies are in microseconds; errors.status counts answers of 400 and
-- above, which is what wrk itself tells apart.

function report(summary, percentile)
  local errors = summary.errors
  io.write(string.format(
    "report requests=%d duration_us=%d p50=%d p99=%d p999=%d "
      .. "connect=%d read=%d write=%d timeout=%d status=%d\n",
    summary.requests, summary.duration, percentile(50), percentile(99), percentile(99.9),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end

function done(summary, latency)
  report(summary, function(p) return latency:percentile(p) end)
end
