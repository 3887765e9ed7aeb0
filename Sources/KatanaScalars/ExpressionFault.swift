/// A pattern that cannot be used, and why.
public struct ExpressionFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, as a noun: `a possessive quantifier`.
  public let reason: String
  /// Where, in Unicode scalars from the pattern's start.
  public let position: Int

  public var description: String { "\(reason) at character \(position)" }
}
