#!/usr/bin/env node
// Checks the runtime before anything modern is parsed, then hands over to the built command line.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `configsync needs Node 22.18 or later; this is ${process.versions.node}. In a clone, use "npm exec -- configsync …": npm installed a newer Node beside it.`,
  )
  process.exit(1)
}
await import('../dist/cli/main.js')
