#!/bin/sh
# The web app's page. It knows one address, RngApi__Url, and that wget heeds http_proxy.
printf 'Content-Type: text/plain\r\n\r\n'
if number=$(wget -q -O - "$RngApi__Url"); then
  echo "Here it is: $number"
else
  echo "RNG service unavailable!"
  echo "RngApi__Url is $RngApi__Url" >&2
fi
