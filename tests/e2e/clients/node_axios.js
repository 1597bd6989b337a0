// axios, as an app uses it.
const axios = require('axios');

(async () => {
  const {status, data} = await axios.get(process.argv[2], {validateStatus: () => true, responseType: 'text', transformResponse: (text) => text});
  process.stdout.write(`${status}\n${data}`);
})();
