// Ends a server whose test run is gone: kills a process group once its own standard input closes, however that came.
const group = Number(process.argv[2]);

process.stdin.resume();
process.stdin.on('end', () => {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // The usual end: the server was stopped before.
  }
});
