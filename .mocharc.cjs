module.exports = {
  require: ['tsx/cjs'],
  extension: ['ts'],
  // Longer than `waitFor` waits, which tells what it saw.
  timeout: 60_000,
  // A test that leaves a handle open would hang the run unseen: fail it instead of forcing the exit.
  exit: false,
  forbidOnly: true,
};
