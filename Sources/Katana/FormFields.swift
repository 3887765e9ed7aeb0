import CKatana

/// Names and values of an HTML form or a query, decoded, in order of arrival. A name may come more than once.
///
/// ```swift
/// router.post("/subscribe") { context in
///   let form = try context.request.form()
///   guard let address = form["address"] else { throw Problem(.badRequest, detail: "address is missing") }
///   subscribe(address, topics: form.all("topic"))
///   context.respond(.noContent)
/// }
/// ```
///
/// Workload: a dozen pairs, looked up once or twice each, so that a lookup walks them.
public struct FormFields: Sendable, Equatable {
  /// One name and its value, which is empty when there was no equals sign.
  public struct Pair: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  var pairs: [Pair] = []

  /// The first value of this name. Names compare byte by byte.
  public subscript(name: String) -> String? {
    first { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  /// All values of this name.
  public func all(_ name: String) -> [String] {
    filter { $0.name.utf8.elementsEqual(name.utf8) }.map(\.value)
  }
}

extension FormFields: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { pairs.count }
  public subscript(position: Int) -> Pair { pairs[position] }
}

/// What a form may hold; 413 beyond.
public struct FormLimits: Sendable {
  /// A pair is three bytes to send and two strings to keep.
  public var pairCountMax = Int(KT_URLENCODED_PAIR_COUNT_MAX)
  /// Bytes of a name as sent, escapes included.
  public var nameSizeMax = Int(KT_URLENCODED_NAME_SIZE_MAX)
  /// Bytes of a value as sent, escapes included.
  public var valueSizeMax = 1 << 20

  public init() {}

  var native: kt_urlencoded_limits {
    kt_urlencoded_limits(
      pair_count_max: UInt32(clamping: pairCountMax), name_size_max: UInt32(clamping: nameSizeMax),
      value_size_max: UInt32(clamping: valueSizeMax))
  }
}

extension Request {
  /// The content as `application/x-www-form-urlencoded`, for routes that buffer it. ``Context/multipart(limits:)`` is
  /// for forms with files.
  ///
  /// - Throws: 415 for another media type, 400 for a malformed escape or text that is not UTF-8, 413 beyond a limit.
  public func form(limits: FormLimits = FormLimits()) throws(Problem) -> FormFields {
    guard hasURLEncodedContent else {
      throw Problem(.unsupportedMediaType, detail: "the content is not application/x-www-form-urlencoded")
    }
    return try pairs(kt_exchange_body(exchange), limits.native)
  }

  /// The query's names and values; empty when there is none. Its size has the limit of the request's target.
  ///
  /// - Throws: 400 for a malformed escape or text that is not UTF-8. What a reader repairs another one refuses, and
  ///   whoever checks the query on the way should see what the handler sees.
  public var queryItems: FormFields {
    get throws(Problem) {
      let any = kt_urlencoded_limits(pair_count_max: .max, name_size_max: .max, value_size_max: .max)
      do throws(Problem) {
        return try pairs(raw.pointee.query, any)
      } catch {
        throw Problem(error.status, detail: "the query has a malformed escape or is not UTF-8")
      }
    }
  }

  private var hasURLEncodedContent: Bool {
    guard let type = field("Content-Type")?.text() else { return false }
    let essence = type.utf8.prefix { $0 != UInt8(ascii: ";") }
    var text = Substring(essence)
    while let last = text.utf8.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { text.removeLast() }
    return text.lowercased() == "application/x-www-form-urlencoded"
  }

  private func pairs(_ bytes: kt_bytes, _ limits: kt_urlencoded_limits) throws(Problem) -> FormFields {
    var fields = FormFields()
    var machine = kt_urlencoded()
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(bytes.n, 1)) { room in
      withUnsafePointer(to: limits) { kt_urlencoded_init(&machine, bytes, room.baseAddress, $0) }
      var name = kt_bytes()
      var value = kt_bytes()
      while kt_urlencoded_next(&machine, &name, &value) {
        fields.pairs.append(FormFields.Pair(name: span(name).text(), value: span(value).text()))
      }
    }
    if machine.status != 0 {
      throw Problem(Status(rawValue: machine.status), detail: machine.reason.map { String(cString: $0) })
    }
    return fields
  }
}
