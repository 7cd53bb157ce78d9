// Loaded into a child before its program: when the parent is gone, however it ended, the child ends in order too.
// Otherwise a killed start would leave a server behind that holds the port and the data folder.
if (process.channel !== undefined) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
