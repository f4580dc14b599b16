// A small MQTT broker on loopback for the demo: `node broker.mjs <port>`; ends when its stdin closes. Prints a line when
// it listens, and one when the first flow has subscribed; the hub's own subscriptions come before any.
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const port = Number(process.argv[2]);
const broker = await Aedes.createBroker();
const server = createServer(broker.handle);
let hasFlow = false;
broker.on('subscribe', (subscriptions) => {
  if (hasFlow || subscriptions.every(({ topic }) => topic.startsWith('model-management/'))) return;
  hasFlow = true;
  process.stdout.write('subscribed\n');
});
server.listen(port, '127.0.0.1', () => process.stdout.write('listening\n'));

function end() {
  server.close();
  broker.close(() => process.exit(0));
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.stdin.on('end', end).resume();
