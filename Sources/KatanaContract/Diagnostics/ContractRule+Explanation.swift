extension ContractRule {
  public var explanation: String { rawValue }
}
