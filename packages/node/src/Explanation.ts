/**
 * Why a flag serves what it serves, for plain Node.js code.
 *
 * @since 0.1.0
 */
export {
  /**
   * An explanation as lines of text, for people.
   *
   * @category formatting
   * @since 0.1.0
   */
  format
} from "rulestead/Explanation"

export type {
  /**
   * @category models
   * @since 0.1.0
   */
  AudienceExplanation,
  /**
   * @category models
   * @since 0.1.0
   */
  BucketExplanation,
  /**
   * @category models
   * @since 0.1.0
   */
  ConditionExplanation,
  /**
   * @category models
   * @since 0.1.0
   */
  Explanation,
  /**
   * @category models
   * @since 0.1.0
   */
  Options,
  /**
   * @category models
   * @since 0.1.0
   */
  RuleExplanation,
  /**
   * @category models
   * @since 0.1.0
   */
  SkipReason
} from "rulestead/Explanation"
