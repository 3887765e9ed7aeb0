import KatanaContract

/// How values are read where the contract does not say: `--json` and `--alloc` of the command, `x-katana-json` and
/// `x-katana-alloc` of a schema.
public struct ValueOptions: Sendable {
  /// Of what stands alone in content of JSON.
  public var json: KatanaExtensions.JSONMode
  /// Nil says nothing, and is never warned of.
  public var allocation: KatanaExtensions.Allocation?

  public init(json: KatanaExtensions.JSONMode = .ondemand, allocation: KatanaExtensions.Allocation? = nil) {
    self.json = json
    self.allocation = allocation
  }
}
