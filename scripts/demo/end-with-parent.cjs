// Preloaded into the demo's Node-RED: when the launcher is gone, however it went, Node-RED stops too.
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();
process.stdin.unref?.();
