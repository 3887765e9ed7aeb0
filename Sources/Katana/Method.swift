/// Request methods (RFC 9110 §9, RFC 5789, RFC 10008). The raw values are those of the C core.
public enum Method: UInt8, Sendable, CaseIterable {
  case get = 0
  case head = 1
  case post = 2
  case put = 3
  case delete = 4
  case connect = 5
  case options = 6
  case trace = 7
  case patch = 8
  case query = 9
}
