/// A response status code (RFC 9110 §15), 200 to 599.
public struct Status: RawRepresentable, Sendable, Equatable, ExpressibleByIntegerLiteral {
  public let rawValue: UInt16

  @inlinable
  public init(rawValue: UInt16) {
    precondition((200...599).contains(rawValue), "a final status is 200 to 599")
    self.rawValue = rawValue
  }

  @inlinable
  public init(integerLiteral value: UInt16) { self.init(rawValue: value) }

  public static let ok: Status = 200
  public static let created: Status = 201
  public static let accepted: Status = 202
  public static let noContent: Status = 204
  public static let notModified: Status = 304
  public static let badRequest: Status = 400
  public static let unauthorized: Status = 401
  public static let forbidden: Status = 403
  public static let notFound: Status = 404
  public static let conflict: Status = 409
  public static let contentTooLarge: Status = 413
  public static let unsupportedMediaType: Status = 415
  public static let unprocessableContent: Status = 422
  public static let tooManyRequests: Status = 429
  public static let internalServerError: Status = 500
  public static let serviceUnavailable: Status = 503
  public static let gatewayTimeout: Status = 504
}

/// A media type as it stands in Content-Type (RFC 9110 §8.3.1).
public struct MediaType: Sendable, Equatable, ExpressibleByStringLiteral {
  public let text: String

  @inlinable
  public init(_ text: String) { self.text = text }

  @inlinable
  public init(stringLiteral text: String) { self.text = text }

  public static let plainText: MediaType = "text/plain; charset=utf-8"
  public static let json: MediaType = "application/json"
  public static let problem: MediaType = "application/problem+json"
  public static let octetStream: MediaType = "application/octet-stream"
}
