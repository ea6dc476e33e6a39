import { stripVTControlCharacters } from 'node:util';

/**
 * A vitest reporter that gives the outcome of every test as one line of standard output, because what runs inside a
 * private host can leave no file behind. `.build/test.js` reads it; people read the default reporter beside it.
 */
export const resultsMark = '\u0001muster-test-results ';

// vitest loads a reporter file by its default export.
export default class TestResults {
  onTestRunEnd(modules, unhandled) {
    const results = { passed: 0, failed: unhandled.length, skipped: [], unsteady: [] };
    for (const module of modules) {
      if (module.errors().length > 0) results.failed += 1;
      for (const test of module.children.allTests()) count(results, module, test);
      for (const suite of module.children.allSuites()) results.failed += suite.errors().length > 0 ? 1 : 0;
    }
    process.stdout.write(`\n${resultsMark}${JSON.stringify(results)}\n`);
  }
}

function count(results, module, test) {
  const { state, note, errors = [] } = test.result();
  const { retryCount = 0 } = test.diagnostic() ?? {};
  const name = `${module.relativeModuleId} > ${test.fullName}`;
  if (state === 'passed' && retryCount > 0) results.unsteady.push({ test: name, reason: reasonOf(errors[0]) });
  if (state === 'passed') results.passed += 1;
  else if (state === 'skipped') results.skipped.push({ test: name, reason: note ?? 'no reason given' });
  else results.failed += 1;
}

/** With what was expected and what was found: it may not be seen again soon. */
const reasonOf = (error) => stripVTControlCharacters([error?.message ?? 'not told', error?.diff ?? ''].join('\n').trim());
