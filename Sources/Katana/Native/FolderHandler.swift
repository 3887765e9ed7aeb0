import CKatana

/// A folder of the C core, which lives as long as a route names it.
final class FolderHandler: @unchecked Sendable {
  private let folder: OpaquePointer

  init(_ directory: String, _ options: FileOptions) throws(ServerError) {
    var error = [CChar](repeating: 0, count: 512)
    let created = withOptionalCString(options.indexFile) { index in
      withOptionalCString(options.cacheControl) { cacheControl in
        var native = kt_folder_options_default()
        native.index = index
        native.cache_control = cacheControl
        native.hidden = options.servesHiddenFiles
        native.precompressed = options.usesPrecompressedFiles
        native.descriptors_max = options.descriptorsMax
        return kt_folder_create(directory, &native, &error, error.count)
      }
    }
    guard let created else {
      throw ServerError(
        description: String(decoding: error.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    folder = created
  }

  deinit { kt_folder_drop(folder) }

  func serve(_ context: Context) { kt_folder_serve(UnsafeMutableRawPointer(folder), context.exchange) }

  static let entry: kt_handler_fn = { context, exchange in
    Unmanaged<FolderHandler>.fromOpaque(context!)._withUnsafeGuaranteedRef {
      kt_folder_serve(UnsafeMutableRawPointer($0.folder), exchange)
    }
  }
}

private func withOptionalCString<R>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
  guard let text else { return body(nil) }
  return text.withCString { body($0) }
}
