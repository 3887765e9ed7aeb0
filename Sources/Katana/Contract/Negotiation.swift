import CKatana

/// A comma-separated list of media types, as the contract orders them.
struct MediaTypeList {
  private var rest: Slice<Text>

  init(_ list: StaticString) {
    rest = Text(start: list.utf8Start, count: list.utf8CodeUnitCount)[...]
  }

  mutating func next() -> MediaRange? {
    while !rest.isEmpty {
      if let type = MediaRange(takeList(&rest, separator: UInt8(ascii: ","))) { return type }
    }
    return nil
  }

  /// Index of the entry, which may be a range, that describes `type` most closely; the first of equals.
  static func index(of type: MediaRange, in list: StaticString) -> Int? {
    var entries = MediaTypeList(list)
    var best: (index: Int, precision: Int)?
    var index = 0
    while let entry = entries.next() {
      if let precision = entry.precision(for: type), precision > best?.precision ?? -1 { best = (index, precision) }
      index += 1
    }
    return best?.index
  }
}

extension Context {
  /// Chooses the media type of the response among those that the contract offers, by the request's Accept fields and
  /// their weights (RFC 9110 §12.5.1). Among equals the first is chosen.
  ///
  /// ```swift
  /// switch try context.negotiate("application/json,text/csv", isStrict: true) {
  /// case 0: try context.respond(200, json: content)
  /// default: context.respond(content.csv, as: "text/csv")
  /// }
  /// ```
  ///
  /// The response gets `Vary: Accept`. To be asked for before the handler does anything.
  ///
  /// - Parameters:
  ///   - offered: media types or ranges with commas between.
  ///   - isStrict: a request that accepts none of them is refused; else it gets the first.
  /// - Returns: the index in `offered`.
  /// - Throws: a 406 ``Problem`` when none is acceptable.
  public func negotiate(_ offered: StaticString, isStrict: Bool = false) throws(Problem) -> Int {
    setField("Vary", "Accept")
    if let index = acceptable(offered) { return index }
    if !isStrict { return 0 }
    throw Problem(406, detail: "the resource comes as \(offered) only")
  }

  /// The best index, or nil when nothing that is offered is acceptable.
  func acceptable(_ offered: StaticString) -> Int? {
    let request = kt_exchange_request(exchange)
    var types = MediaTypeList(offered)
    var best: (index: Int, quality: Int)?
    var index = 0
    while let type = types.next() {
      guard let quality = Self.quality(of: type, request) else { return 0 }
      if quality > best?.quality ?? 0 { best = (index, quality) }
      index += 1
    }
    return best?.index
  }

  /// The weight that the closest range gives a type, zero when none describes it; nil when the request has no range.
  private static func quality(of type: MediaRange, _ request: UnsafeMutablePointer<kt_request>) -> Int? {
    var best: (precision: Int, quality: Int)?
    var hasRanges = false
    var lines = SourcePairs(request, .header("Accept"))
    while let line = lines.nextMatch() {
      var rest = line.text[...]
      while !rest.isEmpty {
        guard let range = MediaRange(takeList(&rest, separator: UInt8(ascii: ","))), let quality = range.quality else {
          continue
        }
        hasRanges = true
        if type.isRange {
          // The handler picks one of the range; that the client wants the one it picks is the handler's care.
          if range.overlaps(type), quality > best?.quality ?? -1 { best = (0, quality) }
          continue
        }
        if let precision = range.precision(for: type), precision > best?.precision ?? -1 { best = (precision, quality) }
      }
    }
    return hasRanges ? best?.quality ?? 0 : nil
  }
}

extension RequestReader {
  /// Which of the media types of the contract the content has: the index in `types`, with commas between, where a type
  /// goes before a range that has it, too. Nil when the request has none of them; the route answers 415 before.
  public func contentType(of types: StaticString) -> Int? {
    let value = kt_request_field(kt_exchange_request(exchange), KT_FIELD_CONTENT_TYPE)
    guard let type = MediaRange(Text(start: value.p, count: value.n)[...]) else { return nil }
    return MediaTypeList.index(of: type, in: types)
  }
}
