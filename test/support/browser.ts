import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { root } from '../unit/tidy/sources.ts'

/** Where the packed browser is unpacked, once for all runs. */
const FOLDER = join(root, '.tmp', 'browser')

/**
 * A headless Chromium that comes with the npm packages, libraries and a font included: no package of the system is needed,
 * and pictures are the same everywhere. The package unpacks what it brings only where it believes itself to be in a cloud
 * function, and into TMPDIR.
 */
export async function launchBrowser(): Promise<Browser> {
  mkdirSync(FOLDER, { recursive: true })
  const before = { ...process.env }
  process.env['AWS_EXECUTION_ENV'] = 'AWS_Lambda_nodejs24.x'
  process.env['TMPDIR'] = FOLDER
  const { default: packed } = await import('@sparticuz/chromium')
  const executablePath = await packed.executablePath()
  const env = { ...process.env, FONTCONFIG_PATH: fontConfiguration() }
  process.env = before
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'], env })
}

/** Its own looks for fonts in folders of the cloud, and Chromium breaks off at the first input field where there is no font at all. */
function fontConfiguration(): string {
  const folder = join(FOLDER, 'fontconfig')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'fonts.conf'),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(FOLDER, 'fonts')}</dir><cachedir>${join(folder, 'cache')}</cachedir></fontconfig>
`,
  )
  return folder
}
