import type { Store } from '#store/store'
import type { TestRunner } from './mesh.ts'

/** What the suite asks of a store under test, once for each test. */
export interface StoreWorld {
  /** The store of a process that starts: the same place each time. The one before was closed. */
  store(): Store
  /** A store on what is left when the process of an open one is killed now. */
  killed(store: Store): Store | Promise<Store>
  /** Called when the test has ended; whatever is open may be closed. */
  close?(): void | Promise<void>
}

/** A world in which storing can be made to fail, as a full disk does. */
export interface FailingStoreWorld extends StoreWorld {
  /** From now on commits fail, until the returned function is called. */
  breakDisk(): () => void
}

export type Scene<World> = (world: World) => Promise<void>

/** Each scene in a world of its own. */
export function play<World extends StoreWorld>(
  title: string,
  scenes: Readonly<Record<string, Scene<World>>>,
  makeWorld: () => World | Promise<World>,
  runner: TestRunner,
): void {
  runner.describe(title, () => {
    for (const [name, scene] of Object.entries(scenes))
      runner.it(name, async () => {
        const world = await makeWorld()
        try {
          await scene(world)
        } finally {
          await world.close?.()
        }
      })
  })
}
