/// How a folder is served by ``Router/files(_:directory:options:)``.
public struct FileOptions: Sendable {
  /// The file that stands for its directory. Nil: directories are answered 403.
  public var indexFile: String? = "index.html"
  /// Cache-Control of the files, such as `public, max-age=3600`. Nil: none, and caches ask again as they see fit.
  public var cacheControl: String?
  /// Files and directories whose name begins with a dot are served; `/.well-known/` is in any case.
  public var servesHiddenFiles = false
  /// `site.css.br`, `.zst` and `.gz` beside `site.css` are sent to clients that take them.
  public var usesPrecompressedFiles = true
  /// Open files that each reactor keeps between requests, at least 4.
  public var descriptorsMax: UInt32 = 256

  public init() {}
}

extension Router {
  /// Serves the files of a folder under a prefix: `GET` and `HEAD` of `/static/css/site.css` answer with
  /// `css/site.css` of the directory.
  ///
  /// Answers have ETag, Last-Modified and Content-Type, and take preconditions and ranges. Nothing outside the
  /// directory is sent: symbolic links that lead out of it are as good as absent. A file that was replaced is seen a
  /// second later.
  ///
  /// - Parameters:
  ///   - prefix: A path without parameters, such as `/static`; `/` for the whole site. Other routes below it win when
  ///     they are more specific.
  ///   - directory: Opened now; it is this directory that is served, even after it was renamed.
  /// - Throws: ``ServerError`` when the directory cannot be opened.
  public mutating func files(
    _ prefix: String, directory: String, options: FileOptions = FileOptions()
  ) throws(ServerError) {
    let folder = try FolderHandler(directory, options)
    var base = prefix
    while base.last == "/" { base.removeLast() }
    let paths = base.isEmpty ? ["/", "/{path*}"] : [base, base + "/", base + "/{path*}"]
    for path in paths { entries.append((Route(.get, path), .folder(folder))) }
  }
}
