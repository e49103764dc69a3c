import { type Figure, finished, Samples, settledMesh } from './figure.ts'

/**
 * Bytes of the frame with one update of a 16-byte value by the parameter's only writer, uncompressed, as it leaves the
 * node. The second write: it has a context and a larger number.
 */
export async function updateBytes(nodes: number, seed: number): Promise<readonly Figure[]> {
  const samples = new Samples()
  const mesh = await settledMesh({ nodes, seed })
  const writer = mesh.nodes[0]!
  mesh.mesh(writer).tap = ({ type }, _to, frameBytes) => {
    if (type === 'updates') samples.add(frameBytes)
  }
  for (let n = 0; n < 3; n++) {
    await writer.publishUpdate('tool_proxy', 'default_call_limit', 'sixteen bytes !!')
    mesh.run(1_000)
  }
  return finished(mesh, samples.figure)
}
