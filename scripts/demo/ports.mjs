import { createServer } from 'node:net';

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * The port to listen on: exactly the one asked for in the environment, else the first free one from `preferred` on.
 * Throws when the one asked for is taken or is no port.
 */
export async function choosePort(variable, preferred) {
  const wanted = process.env[variable];
  if (wanted) {
    const port = Number(wanted);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new Error(`${variable} must be a port from 1 to 65535, not "${wanted}"`);
    }
    if (await isFree(port)) return port;
    throw new Error(`${variable}=${port} is in use: choose another, or leave ${variable} out to get the next free one`);
  }
  for (let port = preferred; port < preferred + 100; port++) {
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port from ${preferred} to ${preferred + 99}`);
}
