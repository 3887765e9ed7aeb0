/// How much work one match may cost. A text beyond a limit does not match; it is never waited for.
public struct ExpressionLimits: Sendable {
  /// Backtracking points, besides ``matchPerByte`` for each byte of the text. A million are tens of milliseconds.
  public var match: UInt32 = 1_000_000
  /// Nested backtracking, where the pattern is interpreted because it needs more stack than machine code has.
  public var depth: UInt32 = 1_000_000
  /// KiB for that backtracking. A thread keeps what a match took.
  public var heap: UInt32 = 16 * 1024

  /// Points that every byte of a text may cost besides ``match``, so that a long text is no attack by itself.
  public static let matchPerByte = 16
  /// Bytes of stack for machine code, for each thread that matches.
  public static let stack = 512 * 1024
  /// Groups inside each other.
  public static let nesting = 200

  /// The defaults.
  public init() {}
}
