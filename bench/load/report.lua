-- One line that wrk.py reads. Latencies are in microseconds; errors.status counts answers of 400 and
-- above, which is what wrk itself tells apart.

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    "report requests=%d duration_us=%d p50=%d p99=%d p999=%d "
      .. "connect=%d read=%d write=%d timeout=%d status=%d\n",
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
