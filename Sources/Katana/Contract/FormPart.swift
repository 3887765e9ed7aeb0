/// A file that came in a form (RFC 7578).
public struct UploadedFile: Sendable, Equatable {
  /// What the client calls it, as sent: it may hold slashes and dots, so it is never a path to open.
  public var name: String?
  /// The media type that the client states.
  public var contentType: String?
  public var bytes: [UInt8]

  public init(name: String? = nil, contentType: String? = nil, bytes: [UInt8]) {
    self.name = name
    self.contentType = contentType
    self.bytes = bytes
  }
}

/// One part of a multipart body that is wholly in memory.
struct FormPart {
  var fileName: Text?
  var contentType: Text?
  var content: Text
  /// What else its head has. Names as sent.
  var fields: [(name: Text, value: Text)] = []
}

extension UploadedFile {
  init(_ part: FormPart) {
    name = part.fileName.map { String(decoding: $0, as: UTF8.self) }
    contentType = part.contentType.map { String(decoding: $0, as: UTF8.self) }
    bytes = Array(part.content)
  }
}
