// Node's own fetch: it knows no proxy variable.
(async () => {
  const response = await fetch(process.argv[2]);
  process.stdout.write(`${response.status}\n${await response.text()}`);
})();
