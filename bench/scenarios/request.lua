-- wrk -s request.lua URL -- FILE: sends the bytes of FILE as each request, and prints the result as one JSON line.
-- The request is handed in as a file so that what is measured is, to the byte, what was checked.
local bytes

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  bytes = file:read("*a")
  file:close()
end

function request()
  return bytes
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, ' ..
    '"errors": {"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
