import fc from 'fast-check';

/**
 * Properties are tried with the same values every time, so that what fails is what was changed. `MUSTER_SEED=N` tries others,
 * `MUSTER_RUNS=N` more of them where a property does not say how many.
 */
fc.configureGlobal({
  seed: Number(process.env.MUSTER_SEED ?? 1),
  ...(process.env.MUSTER_RUNS === undefined ? {} : { numRuns: Number(process.env.MUSTER_RUNS) }),
});
