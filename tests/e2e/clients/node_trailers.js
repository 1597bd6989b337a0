// Prints the trailers of a response.
const http = require('node:http');

const [port, path] = process.argv.slice(2);
http.get({host: '127.0.0.1', port, path, headers: {Host: 'h', TE: 'trailers'}}, (response) => {
  response.resume();
  response.on('end', () => process.stdout.write(JSON.stringify(response.trailers)));
});
