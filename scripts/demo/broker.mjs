// A small MQTT broker on loopback for the demo: `node broker.mjs <port>`; ends when its stdin closes. Prints a line when
// it listens, and one when the first client has subscribed.
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const port = Number(process.argv[2]);
const broker = await Aedes.createBroker();
const server = createServer(broker.handle);
broker.once('subscribe', () => process.stdout.write('subscribed\n'));
server.listen(port, '127.0.0.1', () => process.stdout.write('listening\n'));

function end() {
  server.close();
  broker.close(() => process.exit(0));
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.stdin.on('end', end).resume();
