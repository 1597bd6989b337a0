// Prints the trailers of a response.
const http = require('node:http');

http.get({host: '127.0.0.1', port: process.argv[2], path: process.argv[3], headers: {Host: 'h', TE: 'trailers'}}, (response) => {
  response.resume();
  response.on('end', () => process.stdout.write(JSON.stringify(response.trailers)));
});
