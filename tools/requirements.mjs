// What test names say of requirements: `UPL-14, HTTP-20: answers 416 ...` and `regression moby/moby#34657: ...`.

/** Two digits at least and no more: `UTF-8` and `SHA-256` are none. */
const ID = /(?<![\w-])[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-\d\d[a-z]?(?![\w-])/g;
const THREADS = /([\w.-]+\/[\w.-]+)#\d+(?:, #\d+)*/g;

export function idsIn(name) {
  return name.match(ID) ?? [];
}

/** `a/b#1, #2` are the threads `a/b#1` and `a/b#2`. */
export function threadsIn(text) {
  return [...text.matchAll(THREADS)].flatMap(([threads, repository]) =>
    threads.match(/#\d+/g).map((number) => repository + number),
  );
}

/**
 * Holds names to what they must name.
 * @param named what tests name, each with where.
 * @param lists `demanded`: a test must name it; `waiting`: no test may name it yet; `known`: a test may.
 * @returns a sentence for each fault.
 */
export function faultsOf(named, { demanded, waiting, known }) {
  const places = new Map(named.map(({ word, where }) => [word, where]));
  const all = new Set([...demanded, ...waiting, ...known]);
  return [
    ...demanded.filter((word) => !places.has(word)).map((word) => `${word} is named by no test`),
    ...waiting.filter((word) => places.has(word)).map((word) => `${word} waits, and ${places.get(word)} names it`),
    ...[...places]
      .filter(([word]) => !all.has(word))
      .map(([word, where]) => `${word} is unknown, and ${where} names it`),
  ];
}
