# Net::HTTP, as an app uses it: never by proxy for localhost.
require 'net/http'

response = Net::HTTP.get_response(URI(ARGV[0]))
print response.code, "\n", response.body
