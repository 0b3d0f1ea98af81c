/**
 * Feature flags and remote config: authored in a store, published as snapshots, decided in memory.
 *
 * @since 0.1.0
 */
export { Rulestead, RulesteadLive } from "./Rulestead.ts"
export { SnapshotBackup } from "./SnapshotBackup.ts"
export { SnapshotCache } from "./SnapshotCache.ts"
export { SnapshotFeed } from "./SnapshotFeed.ts"
