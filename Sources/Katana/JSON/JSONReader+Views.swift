import CKatana

extension JSONReader {
  /// Reads one whole document and lends a view of it. Its records lie in memory that is free again afterwards.
  public static func withView<Value: JSONViewed, Result>(
    of type: Value.Type, in document: RawSpan, _ use: (JSONView<Value>) -> Result
  ) -> Swift.Result<Result, ViolationList> {
    document.withUnsafeBytes { buffer in
      var blocks: UnsafeMutableRawPointer?
      return withUnsafeMutablePointer(to: &blocks) { blocks in
        defer { kt_json_blocks_free(blocks) }
        var json = JSONReader(buffer)
        let slot = json.read(type.jsonRecord.view, .blocks(blocks))
        guard json.finish(), let slot else { return .failure(json.violations()) }
        return .success(use(JSONView(UnsafePointer(bitPattern: UInt(slot.a)).unsafelyUnwrapped)))
      }
    }
  }
}

/// A body that was read as a view, until ``Context/view(_:)-(JSONViewed)`` lends it.
public struct JSONRead<Value: JSONViewed> {
  let slots: UnsafePointer<kt_json_slot>
}

/// The same of a body that is an array.
public struct JSONArrayRead<Item: JSONViewed> {
  let slot: kt_json_slot
}

extension RequestReader {
  /// The content as a view of an object.
  public mutating func content<Value: JSONViewed>(viewOf type: Value.Type) -> JSONRead<Value>? {
    content(type.jsonRecord.view).map { JSONRead(slots: UnsafePointer(bitPattern: UInt($0.a)).unsafelyUnwrapped) }
  }

  /// The content as views of the objects of an array.
  public mutating func content<Item: JSONViewed>(
    viewsOf type: Item.Type, minItems: Int = 0, maxItems: Int = .max
  ) -> JSONArrayRead<Item>? {
    var view = kt_json_view(KT_JSON_VIEW_ARRAY, Int64(minItems), Int64(maxItems))
    view.item = type.jsonRecord.view
    return content(&view).map { JSONArrayRead(slot: $0) }
  }

  /// The content as a view when the request has one.
  public mutating func optionalContent<Value: JSONViewed>(viewOf type: Value.Type) -> JSONRead<Value>? {
    hasContent ? content(viewOf: type) : nil
  }

  public mutating func optionalContent<Item: JSONViewed>(
    viewsOf type: Item.Type, minItems: Int = 0, maxItems: Int = .max
  ) -> JSONArrayRead<Item>? {
    hasContent ? content(viewsOf: type, minItems: minItems, maxItems: maxItems) : nil
  }

  private mutating func content(_ view: UnsafePointer<kt_json_view>) -> kt_json_slot? {
    let body = kt_exchange_body(exchange)
    var json = JSONReader(UnsafeRawBufferPointer(start: body.p, count: body.n))
    let slot = json.read(view, .arena(exchange))
    if json.isShortOfMemory {
      refuse(503, "out of memory for the content")
      return nil
    }
    if json.finish(), let slot { return slot }
    violations += json.violations().violations
    return nil
  }
}

extension Context {
  /// Lends what ``read(_:)`` has read.
  @_lifetime(copy self)
  public func view<Value: JSONViewed>(_ read: JSONRead<Value>) -> JSONView<Value> {
    unsafe _overrideLifetime(JSONView(read.slots), copying: self)
  }

  @_lifetime(copy self)
  public func view<Value: JSONViewed>(_ read: JSONRead<Value>?) -> JSONView<Value>? {
    guard let read else { return nil }
    return unsafe _overrideLifetime(JSONView(read.slots), copying: self)
  }

  @_lifetime(copy self)
  public func view<Item: JSONViewed>(_ read: JSONArrayRead<Item>) -> JSONObjectArrayView<Item> {
    unsafe _overrideLifetime(JSONObjectArrayView(read.slot), copying: self)
  }

  @_lifetime(copy self)
  public func view<Item: JSONViewed>(_ read: JSONArrayRead<Item>?) -> JSONObjectArrayView<Item>? {
    guard let read else { return nil }
    return unsafe _overrideLifetime(JSONObjectArrayView(read.slot), copying: self)
  }
}
