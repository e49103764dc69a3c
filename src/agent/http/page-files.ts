import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** One file of the page, as it is sent. */
export interface PageFile {
  readonly mediaType: string
  readonly bytes: Buffer
  readonly gzipped: Buffer
  readonly etag: string
}

/** Where `npm run build` puts the dashboard, seen from src and from dist. */
const FOLDER = new URL('../../../dist/dashboard/', import.meta.url)

/**
 * The files of the dashboard, read once: a rebuild beside a running agent does not mix two builds. What is served is what
 * was found then, so that no path of a request ever reaches the disk.
 */
export class PageFiles {
  readonly index: PageFile | undefined
  readonly #assets = new Map<string, PageFile>()

  constructor(folder: URL = FOLDER) {
    this.index = readFile(new URL('index.html', folder))
    for (const name of this.index ? readdirSync(new URL('assets/', folder)) : []) {
      const file = readFile(new URL(`assets/${name}`, folder))
      if (file) this.#assets.set(name, file)
    }
  }

  asset(name: string): PageFile | undefined {
    return this.#assets.get(name)
  }
}

function readFile(url: URL): PageFile | undefined {
  const mediaType = MEDIA_TYPES[extname(url.pathname)]
  if (mediaType === undefined) return undefined
  try {
    const bytes = readFileSync(url)
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    return { mediaType, bytes, gzipped: gzipSync(bytes, { level: 9 }), etag }
  } catch {
    // Not built: the agent is whole without its page.
    return undefined
  }
}
