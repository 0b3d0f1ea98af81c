/**
 * What code expects of a flag, for code without Effect; see `Definition`.
 *
 * @since 0.1.0
 */
export {
  /**
   * A flag that is on or off; off by default.
   *
   * @category definitions
   * @since 0.1.0
   */
  boolean,
  /**
   * A flag whose values `decode` takes apart. It throws what does not fit, as the `parse` of most libraries for schemas.
   *
   * @category definitions
   * @since 0.1.0
   */
  decoded,
  /**
   * A flag that serves JSON of any shape. For JSON of a known shape, `decoded`.
   *
   * @category definitions
   * @since 0.1.0
   */
  json,
  /**
   * A flag that serves a finite number.
   *
   * @category definitions
   * @since 0.1.0
   */
  number,
  /**
   * A flag that serves text.
   *
   * @category definitions
   * @since 0.1.0
   */
  string
} from "rulestead/Flag"

export type {
  /**
   * A flag's key, the type of its values, its variants, and the default: what is served while the flag is not known, and
   * when what it serves does not fit.
   *
   * @category definitions
   * @since 0.1.0
   */
  Definition,
  /**
   * @category definitions
   * @since 0.1.0
   */
  DefinitionOptions
} from "rulestead/Flag"
