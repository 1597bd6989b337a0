// axios, as an app uses it.
const axios = require('axios');

(async () => {
  const asText = {responseType: 'text', transformResponse: (text) => text};
  const {status, data} = await axios.get(process.argv[2], {validateStatus: () => true, ...asText});
  process.stdout.write(`${status}\n${data}`);
})();
