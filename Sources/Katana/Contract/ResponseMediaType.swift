import CKatana

/// A handler answered with a media type that its contract does not document. The client gets 500, the log the reason.
public struct UndocumentedMediaType: Error, Equatable, CustomStringConvertible {
  public let mediaType: MediaType
  /// What the contract documents: `image/*`.
  public let range: String

  public var description: String { "the contract documents \(range) here, the handler answered '\(mediaType.text)'" }
}

extension MediaType {
  /// Checks that the type is one of the range that the contract documents for a response. To be called before anything
  /// of the response is set.
  ///
  /// - Parameter range: `image/*`, `*/*`.
  /// - Throws: ``UndocumentedMediaType``, also for text that is no media type and for a range.
  public func require(_ range: StaticString) throws(UndocumentedMediaType) {
    var text = text
    let isWithin = text.withUTF8 { bytes in
      guard let type = MediaRange(bytes[...]), !type.isRange, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 9 })
      else { return false }
      return MediaTypeList.index(of: type, in: range) != nil
    }
    if !isWithin { throw UndocumentedMediaType(mediaType: self, range: "\(range)") }
  }
}
