// Writes docs/errors.md from the table in src/core/errors.ts. A test holds the two equal.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ERROR_CODES } from '#core/errors'

const INTRODUCTION = `# Errors

Every failure that a program or a person can meet has one of these codes. A code never changes its meaning; new ones may
be added. The same code stands

- in \`code\` of the agent's HTTP answers (problem details, RFC 9457), with the status given here,
- in \`error.code\` of a \`ConfigSyncError\` that the library throws or raises as an event,
- in the log of the agent and in the label \`code\` of the metric \`configsync_rejected_total\`,
- before the colon of what the command line prints.

The detail that comes with a code says what was found this time; the hint below says what to do. A code without a status
does not arise from a request: it is an event, a line in the log, or the reason why a start was refused.

This page is written by \`npm run docs:errors\` from \`src/core/errors.ts\`.
`

/** The whole of docs/errors.md. */
export function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { http, hint }]) => {
    return `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${http ?? '–'} | ${hint.replaceAll('|', '\\|')} |`
  })
  return `${INTRODUCTION}\n| code | status | what to do |\n| --- | --- | --- |\n${rows.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/errors.md', import.meta.url), errorsPage())
}
