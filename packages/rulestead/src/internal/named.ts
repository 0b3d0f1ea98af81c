/**
 * Names of which each is worth one report until {@link Named.forget}, and only the first hundred are.
 */
const limit = 100

export class Named {
  private readonly names = new Set<unknown>()

  /** Whether it was named already, or would be one too many. */
  isKnown(name: unknown): boolean {
    return this.names.has(name) || this.names.size >= limit
  }

  add(name: unknown): void {
    this.names.add(name)
  }

  forget(): void {
    this.names.clear()
  }
}
