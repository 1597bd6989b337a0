// Node's http module: it knows no proxy variable.
const http = require('node:http');

http.get(process.argv[2], async (response) => {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  process.stdout.write(`${response.statusCode}\n${Buffer.concat(chunks)}`);
});
