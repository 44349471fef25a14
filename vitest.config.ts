import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import { Sequence } from './test/support/sequence.ts'

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// `server-only` refuses to be loaded outside Next; for tests of actions and handlers it is what it is there: nothing.
const alias = { '@': fromRoot('.'), 'server-only': fromRoot('node_modules/server-only/empty.js') }

// What Node reads by itself need not be transformed, which takes longer than most tests.
const native = { viteModuleRunner: false, nodeLoader: false }

const project = (name: string, test: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration => ({
  resolve: { alias },
  // What is polled for is another process's work more often than not.
  test: { name, environment: 'node', expect: { poll: { timeout: 30_000 } }, ...test },
})

export default defineConfig({
  test: {
    projects: [
      // What has no input and no output has nothing to keep apart: its modules are read once.
      project('unit', { include: ['test/unit/**/*.test.ts'], testTimeout: 30_000, isolate: false }),
      // Whatever has the one console of its process, as an edge has, needs a process of its own.
      project('edges15', {
        include: ['test/integration/{edge,audit,on-call}/**/*.test.ts'],
        globalSetup: 'test/support/cluster-15.ts',
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      project('integration15', {
        include: ['test/integration/**/*.test.ts'],
        exclude: ['test/integration/{edge,audit,on-call}/**'],
        isolate: false,
        experimental: native,
        globalSetup: 'test/support/cluster-15.ts',
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      project('integration18', {
        include: [
          'test/integration/engine/**/*.test.ts',
          'test/integration/pool/comparison.test.ts',
          'test/integration/reports/{cage,missing,reach,values}.test.ts',
          'test/integration/drift/{cases,cases-mixed,changes,names,notes,fuzz,no-false-alarm}.test.ts',
        ],
        // What the control plane, its queue and the pace do by themselves is the same whatever the tenants' server is.
        exclude: [
          'test/integration/engine/{breaking-control,breaking-workers,control,control-plane,discard,jobs,lease,looks,old-items,onboarding-many,pace,put-right,restored-control,set-changes}.test.ts',
        ],
        isolate: false,
        experimental: native,
        globalSetup: 'test/support/cluster-18.ts',
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      // The long half of breaking things: by itself, one file after the other, since all of it measures how soon a run goes on.
      project('breaking', {
        include: ['test/breaking/**/*.test.ts'],
        globalSetup: 'test/support/cluster-15.ts',
        testTimeout: 600_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
      project('e2e', {
        include: ['test/e2e/**/*.test.ts'],
        globalSetup: 'test/support/console.ts',
        testTimeout: 120_000,
        hookTimeout: 120_000,
        // One console, one database, one browser, one story after the other.
        fileParallelism: false,
        maxConcurrency: 2,
        isolate: false,
        experimental: native,
      }),
    ],
    sequence: { sequencer: Sequence },
    // A worker that starts while another is at full load needs more than the usual minute on two cores.
    teardownTimeout: 30_000,
    // One more than the cores that are asked for: many tests wait for a heartbeat, a timeout or a process.
    maxWorkers: 3,
  },
})
