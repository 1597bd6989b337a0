// undici with its proxy agent: CONNECT, and cleartext HTTP inside.
const {EnvHttpProxyAgent, request} = require('undici');

(async () => {
  const {statusCode, body} = await request(process.argv[2], {dispatcher: new EnvHttpProxyAgent()});
  process.stdout.write(`${statusCode}\n${await body.text()}`);
})();
