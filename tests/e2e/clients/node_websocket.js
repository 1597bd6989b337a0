// Sends one message through a WebSocket, prints the answer.
const WebSocket = require('ws');

const socket = new WebSocket(process.argv[2], {headers: {Host: process.argv[3]}});
socket.on('open', () => socket.send('hello from node'));
socket.on('message', (message) => {
  process.stdout.write(String(message));
  socket.close();
});
