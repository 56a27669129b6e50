// Serves the built page: `node scripts/serve.mjs [--base /sub/path/]`. Node's own modules only.
// HOST (default: this machine only) and PORT (default: the first free one from 4173) come from the environment.
import { createReadStream, existsSync, realpathSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, extname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const FIRST_PORT = 4173
const TRIES = 50

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.yaml': 'text/yaml; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
}

/**
 * A server of the files under `directory`, seen under the URL path `base` as on a static host's sub-path.
 * @param {{directory: string, base?: string}} options
 */
export function staticServer({ directory, base = '/' }) {
  const root = realpathSync(directory)
  return createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, { allow: 'GET, HEAD' })
    const path = decodedPath(request.url)
    if (path === undefined) return end(response, 400)
    if (path === '/' && base !== '/') return end(response, 302, { location: base })
    if (!path.startsWith(base)) return end(response, 404)
    const file = fileFor(root, path.slice(base.length))
    if (!file) return end(response, 404)
    send(request, response, file)
  })
}

/** The request's path, decoded, or undefined when it cannot be a path. */
function decodedPath(url = '/') {
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0])
    return path.startsWith('/') && !path.includes('\0') ? path : undefined
  } catch {
    return undefined
  }
}

/** The file that `relative` names, links followed, if it lies under `root`. */
function fileFor(root, relative) {
  try {
    let file = realpathSync(join(root, relative))
    if (statSync(file).isDirectory()) file = realpathSync(join(file, 'index.html'))
    return file.startsWith(root + sep) && statSync(file).isFile() ? file : undefined
  } catch {
    return undefined
  }
}

function send(request, response, file) {
  // Names under assets/ carry a hash of their content; everything else is asked for anew.
  const hashed = file.includes(`${sep}assets${sep}`)
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-length': statSync(file).size,
    'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
  })
  if (request.method === 'HEAD') return response.end()
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response)
}

function end(response, status, headers = {}) {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${status}\n`)
}

/** Listens on `port`, or on the first free one of `tries` from there; gives the port that it got. */
export function listen(server, { host, port, tries = 1 }) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (error.code !== 'EADDRINUSE' || tries <= 1) return reject(error)
      resolve(listen(server, { host, port: port + 1, tries: tries - 1 }))
    })
    server.listen({ host, port, exclusive: true }, () => resolve(server.address().port))
  })
}

async function main() {
  const directory = join(ROOT, 'dist')
  if (!existsSync(join(directory, 'index.html'))) {
    console.error('There is no built page yet: run `npm start`, or `npm run build` first.')
    process.exit(1)
  }
  const at = process.argv.indexOf('--base')
  const base = at < 0 ? '/' : `/${process.argv[at + 1] ?? ''}/`.replace(/\/+/g, '/')
  const host = process.env.HOST || '127.0.0.1'
  const asked = process.env.PORT ? Number(process.env.PORT) : undefined
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 0 && asked < 65_536)) {
    console.error(`PORT=${process.env.PORT} is not a port number.`)
    process.exit(1)
  }
  const server = staticServer({ directory, base })
  try {
    const port = await listen(server, { host, port: asked ?? FIRST_PORT, tries: asked === undefined ? TRIES : 1 })
    console.log(`Podwalk is at http://${host.includes(':') ? `[${host}]` : host}:${port}${base}  (Ctrl+C stops it)`)
  } catch (error) {
    console.error(
      error.code === 'EADDRINUSE' ? `Port ${asked} on ${host} is taken: choose another with PORT.` : error.message,
    )
    process.exit(1)
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) await main()
