// Questions to the admin port that this page came from.
const limit = 5000;

export async function askJson(path) {
  const answer = await fetch(path, {
    headers: { Accept: "application/json" },
    cache: "no-store",
    signal: AbortSignal.timeout(limit),
  });
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${(await answer.text()).trim()}`);
  return answer.json();
}
