import CKatana

/// A struct of which there are views: what its table says, to read records of slots instead of structs. Generated.
public protocol JSONViewed: JSONTabled, JSONDecodable {
  associatedtype ViewFields: Sendable
  static var jsonRecord: JSONRecord { get }
  /// The members that a ``JSONView`` has.
  static var viewFields: ViewFields { get }
}

/// The table of a struct once more, as the reader of records has it. Made once and kept for good.
public struct JSONRecord: @unchecked Sendable {  // it never changes but for the records that it finds
  let record: UnsafePointer<kt_json_record>
  /// A value that is such a record.
  let view: UnsafePointer<kt_json_view>

  public init<Value: JSONViewed>(_ type: Value.Type) {
    let head = type.jsonTable.head
    let count = head.pointee.count
    precondition(count <= JSONTable.wordMembers, "the members of a view of \(type)")
    let members = UnsafeMutablePointer<kt_json_member_view>.allocate(capacity: count)
    let blank = UnsafeMutablePointer<kt_json_slot>.allocate(capacity: count)
    blank.initialize(repeating: kt_json_slot(), count: count)
    for index in 0..<count {
      let field = head.pointee.fields + index
      let shape = field.pointee.shape.takeUnretainedValue()
      let name = head.pointee.names.pointee.names[index]
      (members + index).initialize(
        to: kt_json_member_view(value: shape.keptView(), text: name.text, text_n: name.text_n))
      members[index].value.null = field.pointee.presence == .nullable
      if let value = field.pointee.value?.takeUnretainedValue() {
        blank[index] = Self.slot(shape, value.place, &members[index].value)
      }
    }
    let record = UnsafeMutablePointer<kt_json_record>.allocate(capacity: 1)
    record.initialize(
      to: kt_json_record(
        names: head.pointee.names, members: members, blank: blank, count: UInt32(count), closed: head.pointee.isClosed,
        checked: head.pointee.check != nil, required: head.pointee.masks.required, shape: UnsafeRawPointer(head)))
    self.record = UnsafePointer(record)
    let view = UnsafeMutablePointer<kt_json_view>.allocate(capacity: 1)
    view.initialize(to: kt_json_view(KT_JSON_VIEW_OBJECT))
    view.pointee.record = self.record
    self.view = UnsafePointer(view)
  }

  /// The slot of a default: what is read when a body has it.
  private static func slot(
    _ shape: JSONShape, _ value: UnsafeRawPointer, _ view: UnsafePointer<kt_json_view>
  ) -> kt_json_slot {
    var json = JSONWriter()
    shape.write(&json, value, false)
    let text = UnsafeMutableRawBufferPointer.allocate(byteCount: json.used, alignment: 1)
    memcpy(text.baseAddress.unsafelyUnwrapped, json.base, json.used)
    var reader = JSONReader(UnsafeRawBufferPointer(text))
    var blocks: UnsafeMutableRawPointer?  // kept like the table
    return withUnsafeMutablePointer(to: &blocks) { blocks in
      guard let slot = reader.read(view, .blocks(blocks)) else { preconditionFailure("a default is no value") }
      return slot
    }
  }
}
