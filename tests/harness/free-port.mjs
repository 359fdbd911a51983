// For programs that cannot choose a port by themselves and say which.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Waits until something listens there; fails if the process that should has ended. */
export async function listening(port, process) {
  while (!(await accepts(port))) {
    if (process.exitCode !== null) throw new Error(`${process.spawnfile} does not start`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const accepts = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
